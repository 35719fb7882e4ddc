"""What every service needs and none owns: runtime, pictures, storage, errors, vocabulary."""
