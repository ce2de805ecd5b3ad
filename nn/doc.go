// Package nn trains neural networks: parameters, layers, losses, penalties, optimizers, and the training loop.
package nn
