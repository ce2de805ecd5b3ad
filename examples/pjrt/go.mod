module github.com/seed366ff29f/chainrule/examples/pjrt

go 1.26.0

replace (
	github.com/seed366ff29f/chainrule => ../..
	github.com/seed366ff29f/chainrule/autograd/program/stablehlo/pjrt => ../../autograd/program/stablehlo/pjrt
)

require (
	github.com/seed366ff29f/chainrule v0.0.0
	github.com/seed366ff29f/chainrule/autograd/program/stablehlo/pjrt v0.0.0
)

require (
	github.com/go-logr/logr v1.4.3 // indirect
	github.com/gomlx/go-xla v0.1.4 // indirect
	github.com/pkg/errors v0.9.1 // indirect
	github.com/x448/float16 v0.8.4 // indirect
	golang.org/x/exp v0.0.0-20261014143641-f0251eb4aa3e // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/tools v0.52.0 // indirect
	gonum.org/v1/gonum v0.17.0 // indirect
	google.golang.org/protobuf v1.36.10 // indirect
	k8s.io/klog/v2 v2.130.1 // indirect
)
