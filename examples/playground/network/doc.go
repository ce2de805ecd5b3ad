// Package network is what the playground's page trains: a small network on points of the plane, taken one update at a
// time, with pictures of what it has learned in between.
//
// It draws on the library as a program of one's own would: layers, optimizers and mini-batches of package nn, one tape
// that is rewound before each update, and autograd.Backward. nn.Fit would keep the loop to itself until it is done; here
// the page asks for as many updates as there is time for before the next frame. The package knows nothing of a browser.
package network
