"""How the installation is: the state of each part while it runs, and the doctor when it does not."""
