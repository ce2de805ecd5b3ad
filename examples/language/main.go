// Command language trains language models that know nothing but characters: from the ones before, they predict the
// next one. What such a model has learned it can write.
//
// The text is Book One of Newton's Opticks, 245 thousand characters. Two models learn it:
//
//	gru          embedding → gated recurrent unit → linear: reads on and on, and keeps in mind what it has read
//	transformer  embedding + position → two blocks of masked attention → linear: looks back at the last 32 characters
//
// Both give logits for the next character at every position, so that one pass over a window of 32 characters has 32
// losses. The mean cross entropy of characters that the model has not seen, divided by ln 2, is how many bits it needs
// for one of them: 6.3 if it knows only that there are 78 different ones, 0 if it knows the book by heart. That is
// measured on the last tenth of the text, where each character has at least 16 others before it, and held against
// counting: how often did what follow the last four characters?
//
// The recurrent network wins: to read in order is what it is made for, where the transformer has to learn first what
// "the one before" is. That one needs more text, and more passes through it.
//
// Usage:
//
//	go run ./examples/language [-model gru,transformer] [-seeds 3] [-epochs 5] [-file language.safetensors] [-checkpoint language.ckpt]
//	go run ./examples/language -generate FILE [-prompt TEXT] [-length 500] [-temperature 0.7]
//
// The first form trains each model once for each seed, prints how many bits they need, and lets the best ones write. The
// best of all, by the tenth of the text before the last, is kept in a file. PyTorch reads that too, as language.py beside
// this program does. The second form lets the model in a file write. The flags are:
//
//	-model LIST       the models to train: gru, transformer or both
//	-seeds N          trainings of each model, with other first weights and order of the text
//	-seed N           the first of the seeds, and that of the characters that are drawn
//	-epochs N         passes through the text
//	-file FILE        where the best model is kept
//	-checkpoint NAME  what the names of the files begin with from which an interrupted run goes on; empty for none
//	-generate FILE    do not train, but write with the model in a file
//	-prompt TEXT      how what is written begins: 'The Rays of Light ' or, with -text, as that text does
//	-length N         how many characters are written
//	-temperature T    how daring: 0 always takes the likeliest character, 1 draws as the model says
//	-text FILE        another text in UTF-8, to train on, and again to write with the model that was trained on it
//
// How far a training is stands on standard error: a bar on a terminal, lines in a pipe. After Ctrl-C, or a power cut, the
// same command goes on from the checkpoints, with the same result to the last bit. The exit status is 0, 1 if something
// failed, 2 for a wrong flag, and 130 after an interrupt.
package main

func main() { program().Main() }
