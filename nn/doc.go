// Package nn trains neural networks. Everything in it is an ordinary computation on a graph: layers record operations,
// losses and penalties are operations, and training is the backward sweep of package autograd and a subtraction.
//
// # From the beginning
//
// A feed-forward network computes layer by layer. Each node of a layer takes a weighted sum of the nodes before it and
// applies a function g, the activation:
//
//	u = w₁z₁ + w₂z₂ + ... + b        H = g(u)
//
// For all nodes of a layer and a batch of examples, one to a row, this is a product of matrices: U = Z·W + b, which
// [Linear] is, followed by [Sigmoid], [Tanh] or [ReLU]. [Sequential] chains layers:
//
//	model := nn.Sequential(nn.Linear(rng, 30, 16), nn.Sigmoid(), nn.Linear(rng, 16, 1), nn.Sigmoid())
//
// The numbers W and b are parameters, θ in formulas and [Param] here. They begin at random, since nodes that begin
// alike stay alike: [XavierUniform] and its like choose the spread so that values neither vanish nor explode from layer
// to layer.
//
// A loss l says how bad the outputs are. [HalfSquaredError] is ½Σ(t-y)². [BCE], the binary cross-entropy, is the mean
// of -t·ln p - (1-t)·ln(1-p) for a probability p, and [CrossEntropy] its form for several classes. A network whose
// activation at the end is left to the loss ([BCEWithLogits], [CrossEntropy]) computes the same more exactly: its
// outputs are then called logits.
//
// The gradient ∇l says how l changes with every parameter, and the step
//
//	θ ← θ - η∇l
//
// goes down, if the learning rate η is small enough. Doing so with a few examples at a time, picked at random, is
// mini-batch gradient descent:
//
//	while no stopping condition is met
//	    pick a batch of T < n examples at random
//	    record the loss, and sweep back for its gradient
//	    update the parameters
//
// In Go, with a graph g and an optimizer opt, one turn is
//
//	y := model.Forward(nn.Train(rng), g.BindConst(batch.X))
//	l := nn.BCE(y, g.BindConst(batch.T))
//	err := opt.Step(model.Params(), autograd.Backward(l))
//	g.Reset()
//
// and [Fit] is the whole loop with its stopping conditions. [Gradients] are for what comes between the sweep and the
// update: adding up the gradients of several batches or workers, and clipping.
//
// # Layers
//
// A [Layer] is a function with parameters, and a model is one too. It takes a batch, of which axis 0 is that of the
// examples, the rows. Names, shapes and order of the parameters are PyTorch's, but that the weights of Linear, and of
// the layers over sequences, are (in, out) here and (out, in) there and in files.
//
//	layer                  x                     result            parameters
//	Linear(in, out)        (...,in)              (...,out)         weight (in,out), bias (out)
//	Conv1D(in, out, k)     (rows,in,l)           (rows,out,l')     weight (out,in/groups,k), bias (out)
//	Conv2D(in, out, k)     (rows,in,h,w)         (rows,out,h',w')  weight (out,in/groups,k,k), bias (out)
//	MaxPool2D(k)           (rows,n,h,w)          (rows,n,h',w')
//	AvgPool2D(k)           (rows,n,h,w)          (rows,n,h',w')
//	GlobalAvgPool()        (rows,n,...)          (rows,n)
//	Flatten()              (rows,a,b,...)        (rows,a·b·...)
//	BatchNorm(n)           (rows,n,...)          the same          weight, bias, running_mean, running_var (n),
//	                                                               num_batches_tracked ()
//	LayerNorm(n)           (...,n)               the same          weight, bias (n)
//	RMSNorm(n)             (...,n)               the same          weight (n)
//	Embedding(vocab, dim)  (...), whole numbers  (...,dim)         weight (vocab,dim)
//	GRU(in, n)             (rows,time,in)        (rows,time,n)     weight_ih_l0 (in,3n), weight_hh_l0 (n,3n), bias_ih_l0,
//	                                                               bias_hh_l0 (3n)
//	LSTM(in, n)            (rows,time,in)        (rows,time,n)     as GRU, with 4n
//	RNN(in, n)             (rows,time,in)        (rows,time,n)     as GRU, with n
//	GRUCell(in, n)         (rows,in)             (rows,n)          weight_ih (in,3n), ...; so LSTMCell and RNNCell
//	MultiHeadAttention(dim, heads)
//	                       (rows,time,dim)       the same          in_proj_weight (dim,3·dim), in_proj_bias (3·dim),
//	                                                               out_proj.weight (dim,dim), out_proj.bias (dim)
//	TransformerBlock(dim, heads, hidden)
//	                       (rows,time,dim)       the same          self_attn.in_proj_weight, ..., linear1, linear2, norm1, norm2
//	Dropout()              any                   the same
//	ReLU() and its like    any                   the same
//	Sequential(a, b)       that of a             that of b         those of a and b, such as 0.weight
//	Residual(a, b)         that of a             the same          those of a and b, such as 0.weight
//	Named(s, a)            that of a             that of a         those of a, such as s.weight
//	Func(f)                that of f             that of f
//
// PyTorch says Conv1d, Conv2d, MaxPool2d and AvgPool2d, BatchNorm1d, 2d or 3d for BatchNorm, and AdaptiveAvgPool2d(1)
// and Flatten for GlobalAvgPool; it has no Residual, and its dropout takes the probability of dropping a neuron.
//
// [Stride], [Padding], [Dilation] and [ChannelGroups] set how kernels and windows lie, and with it what is left of h
// and w. [Summary] prints the shapes and parameters of a whole model. What Sequential cannot say is plain Go: call
// Forward of one layer on the result of another.
//
// Sequences have the examples first, then the time: PyTorch says batch_first, and TransformerEncoderLayer for
// TransformerBlock. A [Recurrent] goes through the times one after the other with a state, which it can start from and
// return; an [Attention] looks at all times at once, and knows their order only if x tells it, such as by adding an
// Embedding of the positions. With [Causal] it does not look ahead.
//
// A layer of one's own has two methods, Forward and Params; the example of [Layer] is one. It draws its first weights
// by [Init.Draw], names them, and says by Param.Kind what they are to penalties and files. In Forward it puts them on
// the graph by [Param.Bind], which gives the same leaf each time. Numbers that training computes on the way, such as
// running averages, are parameters of kind [State], which Forward changes by [Pass.Update]. A String method says what
// [Summary] calls it.
//
// # Training
//
// [Fit] picks the batches, takes the steps, measures, and says why it came to its end:
//
//	history, err := nn.Fit(ctx, model, train, nn.FitConfig{
//		Loss: nn.OnLabels(nn.CrossEntropy), Optimizer: nn.NewAdam(nn.AdamConfig{LR: 1e-3}), Rand: rng,
//		Epochs: 100, Validation: valid, Patience: 10, Metric: nn.Accuracy,
//	})
//
// Its settings are those of the lecture, and what larger models need beside them:
//
//   - Objective, in place of Loss, records the loss of a model that is no Layer: with several inputs, tokens, or
//     several losses. data.Set has a field for each kind of input.
//   - Schedule and Plateau change the learning rate, ClipNorm and ClipValue bound the gradient, Accumulate takes
//     several batches to an update, and Workers shares a batch among processors.
//   - Checkpoint keeps all there is to a run in a file, from which it goes on with the same bits after it was killed.
//   - Progress shows how far it is; package nn/progress has displays for terminals, pipes and logs.
//
// To train the last layers of a model only, set Param.Frozen of the others.
//
// [RecordStep] records a whole step, the optimizer's part too, as a function of parameters, state, batch and label: a
// program that other machines can run, for which autograd/program/stablehlo has a format. [RecordForward] records the
// model in use, for autograd/program/onnx.
//
// # Optimizers and schedules
//
// An [Optimizer] takes the steps. For the gradient g of a parameter w, and what it remembers from step to step:
//
//	NewSGD       w = w - η·v                      v is g, or with momentum μ·v + g; Nesterov looks ahead
//	NewAdagrad   w = w - η·g/(√v + ε)             v is the sum of all g²
//	NewRMSProp   w = w - η·g/(√v + ε)             v is a mean of the last g²; with momentum, or centered
//	NewAdam      w = w - η·m/(√v + ε)             m and v are means of the last g and g², corrected for their beginning
//	NewAdamW     w = w - η·m/(√v + ε) - η·λ·w     with a weight decay apart from the gradient
//	NewLion      w = w - η·sign(c) - η·λ·w        c is a mean of the last g
//
// Adam is a good first choice and 0.001 its first rate; SGD with momentum needs more care for η and often ends better.
// All but Lion, which is not there, agree with PyTorch's to the last digits, and take the steps of their formulas also
// where squares overflow or underflow in single precision. A step changes all of the parameters or, if it returns an
// error, none.
//
// [NewGroups] gives parts of a model an optimizer each, such as a slower rate for layers that were trained before. What
// an optimizer remembers is saved and restored by the methods of [Keeper].
//
// A [Schedule] is a factor on the rate, as a function of how many updates there have been. [Cosine] falls along a wave,
// [StepDecay] in steps, [Exponential] by the same factor each time; [OneCycle] rises before it falls, and [Warmup] puts
// a rise before any other:
//
//	nn.FitConfig{..., Schedule: nn.Warmup(100, nn.Cosine(2000))}
//
// A [Plateau] goes by how well the training does. In a loop of one's own, SetLR of the optimizer takes the product of
// the rate and the factors. [Gradients] clips by norm and by value.
//
// An [EMA] averages the parameters over the last steps. [LBFGS] is another way down altogether: with all examples at
// once, for small models and losses without noise.
//
// # Against overfitting
//
// A network can become perfect on its training set and useless elsewhere. So the examples are split in three: to train
// on, to choose by (validation), and to report (test). Choosing by the test set makes its figure too good.
//
//   - [L2] adds λ·Σw² to the loss, which keeps weights small: its gradient is 2λw. [L1] adds λ·Σ|w|.
//   - [Dropout] deletes neurons at random in each training step. Its p is the probability of keeping a neuron.
//   - Early stopping ends the training when the validation set stops getting better, and goes back to the best
//     parameters: FitConfig.Validation and FitConfig.Patience.
//
// How large a network, which λ and which η? Package nn/search tries many at once, and lists them by what they achieve
// on the validation set.
//
// # How good a model is
//
// [Evaluate] returns the loss on a set, and a [Metric] that is a mean over its rows, such as [Accuracy]. What is no
// mean over rows is computed from the outputs of a whole set, which [Predict] returns: a [ConfusionMatrix] with
// precision, recall and F1, [AUC], [R2]. The mean of such figures over batches would be something else.
//
// # What counts as a weight
//
// [L2] and [L1] count exactly the parameters they are given, and FitConfig.L2 and FitConfig.L1 the weights without the
// biases, as the lecture's ‖w‖² does; [Weights] selects them, by Param.Kind. WeightDecay of an optimizer changes every
// parameter, as PyTorch's does.
//
// # Keeping a model
//
// A model is code, which builds the layers, and numbers. [SaveFile] keeps the numbers, and [LoadFile] gives them to a
// model that is built in the same way:
//
//	err := nn.SaveFile("model.safetensors", model)
//	...
//	err := nn.LoadFile("model.safetensors", nn.Sequential(...))
//
// All parameters are kept: those that are trained, those that are frozen, and state such as running averages. The files
// are those of PyTorch's safetensors, with the names and shapes of its state_dict, so that models go both ways:
//
//	safetensors.torch.save_file(model.state_dict(), "model.safetensors")
//	model.load_state_dict(safetensors.torch.load_file("model.safetensors"))
//
// A file must fit the model exactly; where it does not, the error names all that is missing, left over, or of another
// shape or precision, and the model stays as it was. [AllowMissing], [AllowLeftOver], [AllowConversion] and [WithNames]
// are for what is meant to differ, such as a new last layer on top of a trained network.
//
// # Precision, modes, goroutines
//
// Parameters are float64 until [To] converts a model, and a model computes on graphs of its own precision. Whether a
// pass is a training step is an argument of Forward, [Train] or [Eval]: a model has no hidden mode. Random numbers come
// from the *rand.Rand that is passed in, so that one seed gives one result, or in a pass of [TrainAt] from a seed and a
// step that are values, so that what is recorded does not depend on them. Layers keep nothing of a pass: several
// goroutines may run one model, each on a graph of its own, as long as none changes the parameters. State, such as the
// running averages of [BatchNorm], changes in a training step; [Pass.Into] keeps the changes aside until all are
// through.
//
// # Speed
//
// After the first few steps a training step allocates nothing, whether it is written by hand or run by [Fit].
package nn
