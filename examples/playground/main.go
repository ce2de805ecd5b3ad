// Command playground is a page in which the engine itself, compiled to WebAssembly, works in the browser.
//
//	go run ./examples/playground
//
// builds it, serves it on this machine and prints the address. On the page
//
//   - an expression that is typed is differentiated: its graph, forward and backward step by step, gradients, second
//     derivatives, and a diagnosis of what is infinite or undefined;
//   - a network that is laid out learns points of the plane, which are chosen or drawn: with its decision boundary, its
//     curves, early stopping, and a picture of what each node does. Any update can be stepped through.
//
// Everything runs in the browser. The server only hands out files, to this machine alone; they need nothing that is not
// on any host for static files, and -out writes them for one:
//
//	go run ./examples/playground -out DIR
//
// The flags are:
//
//	-port N   the port on 127.0.0.1; 0 for any that is free. Without the flag it is 8420, or any if that is in use
//	-out DIR  write the files to a directory and end, in place of serving them
//	-open     open the page in the browser that is the system's default
//
// Building takes the go command, which "go run" has found already. What is built is packed, which takes some seconds, and
// kept in the user's cache. Ctrl-C ends the server.
//
// # How it is made
//
//	network     a training on points of the plane, one update at a time
//	bridge      what the page can call: JSON in, JSON out
//	wasm        the program that hangs the bridge into a Worker
//	web         the page: HTML, CSS and JavaScript without a framework
//	web/vendor  Graphviz as WebAssembly, which is loaded when a graph is to be laid out
package main

func main() { program().Main() }
