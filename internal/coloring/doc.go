// Package coloring groups the columns of sparse matrices so that one product with the sum of a group's unit vectors shows
// the entries of all of them: derivatives of n variables by a few sweeps.
//
// [Columns] colors the columns of a Jacobian so that no row has entries in two columns of one color: a partial distance-2
// coloring of the bipartite graph of rows and columns. [Star] colors the columns of a Hessian with fewer groups, since an
// entry may be read as its mirror image: no two neighbours have one color, and every path of four vertices has three of
// them. Both are greedy, and take the vertices with most neighbours first. The definitions, and that they are what direct
// recovery needs, are in A. H. Gebremedhin, F. Manne and A. Pothen, What color is your Jacobian? Graph coloring for
// computing derivatives, SIAM Review 47 (2005), 629-705.
package coloring
