"""The latent space as clients see it: quantised positions, glTF files, regions."""
