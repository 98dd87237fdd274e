"""The variational autoencoder: encoder, decoder, head, losses and optimiser steps."""
