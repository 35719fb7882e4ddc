"""The face-colour service: where dogs' heads are, and what colours a face has."""
