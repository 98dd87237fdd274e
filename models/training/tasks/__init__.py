"""The tasks between which ParticleLoop alternates, in units of work of about 20 ms."""
