package ops

import "github.com/seed366ff29f/chainrule/internal/kernel"

// Threefry2x32 is the generator behind [RandomUniform].
var Threefry2x32 = kernel.Threefry
