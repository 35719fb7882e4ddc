"""How the weights of a catalogue come to be: the detector of parts, the gate, the reader of parts."""
