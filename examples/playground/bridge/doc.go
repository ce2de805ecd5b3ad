// Package bridge is what the page calls: a name and JSON come in, JSON goes out, with bytes beside it for pictures. It
// is ordinary Go, so that tests need no browser; package main in ../wasm hangs it into one.
//
// The page keeps one bridge, in a Worker. Where a call takes too long, the page ends the Worker and makes another: the
// bridge itself needs no way to be interrupted.
package bridge
