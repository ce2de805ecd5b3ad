module github.com/seed366ff29f/chainrule/autograd/program/onnx

go 1.26.0

require (
	github.com/google/go-cmp v0.7.0
	github.com/seed366ff29f/chainrule v0.0.0
	google.golang.org/protobuf v1.36.12
)

require (
	golang.org/x/exp v0.0.0-20261014143641-f0251eb4aa3e // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/tools v0.52.0 // indirect
	gonum.org/v1/gonum v0.17.0 // indirect
)

replace github.com/seed366ff29f/chainrule => ../../..
