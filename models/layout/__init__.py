"""Layout of the latent means as particles: neighbour graph, forces, step sizes."""
