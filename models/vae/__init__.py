"""The variational autoencoder: encoder, decoder, head, losses and its optimiser step."""
