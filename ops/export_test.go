package ops

// Threefry2x32 is the generator behind [RandomUniform].
var Threefry2x32 = threefry2x32
