// Package progress shows how far a training has got. Its displays are values for nn.FitConfig.Progress:
//
//	nn.FitConfig{
//		...
//		Progress: progress.To(os.Stderr),
//	}
//
// On a terminal that is one line, which is drawn over itself at most ten times a second:
//
//	loss 0.1234  metric 0.03100  valid 0.1502  12.9k ex/s  41% [==>......]  [5s:7s]
//
// The last field is the time that has passed and, after a second, the time left. The line fits into the terminal,
// however narrow that is, and follows when its size changes: what matters less is left out, down to the percentage and
// the loss, for which 20 columns are enough. Where nothing but patience ends a training, there is no saying how much of
// it is left, and the line shows how much of the epoch is done:
//
//	| epoch 17 80%  loss 0.1234  metric 0.03100  valid 0.1502  12.9k ex/s  [5s]
//
// In a pipe or a file it is a log:
//
//	epoch 17/40  loss 0.1234  metric 0.03125  valid loss 0.1502  valid metric 0.03611  12.3k ex/s  31s left
//	epoch 40/40  loss 0.06110  metric 0.01234  valid loss 0.1433  valid metric 0.03333  12.2k ex/s  54s  all epochs done
//
// with a line for each epoch, but one in five seconds where epochs are shorter than that, and one a minute within long
// epochs. The last line says why the training ended. [Log] writes the same as records of log/slog.
//
// The figures are those of [nn.Report] and [nn.Epoch]. The time left is reckoned from the speed of this call of nn.Fit,
// in which a run that went on from a checkpoint counts from there, and is the most that it takes: a training may stop
// early.
//
// A display serves one training at a time; the next one may have it when that has ended. What cannot be written is not
// shown: that is no reason to stop a training.
package progress
