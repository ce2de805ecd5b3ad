// Sparse Jacobians and Hessians by ADOL-C and ColPack: ADOL-C reads the pattern off its tape, ColPack colours it, ADOL-C makes
// one product for each colour and ColPack takes the entries out of the products. It is what sparse_jac and sparse_hess do,
// step by step, since builds of ADOL-C without ColPack have neither.
#include <adolc/adolc.h>
#include <adolc/sparse/sparsedrivers.h>
#include <ColPack/ColPackHeaders.h>

#include "peer.hpp"

namespace {

// banded returns result i of a function whose results each depend on three neighbours.
adouble banded(const std::vector<adouble>& x, int i) { return sin(x[i]) * x[i + 1] - x[i + 2] * x[i + 2]; }

adouble bandedSum(const std::vector<adouble>& x) {
  adouble sum = banded(x, 0);
  for (int i = 1; i + 2 < int(x.size()); i++) sum += banded(x, i);
  return sum;
}

adouble arrowHead(const std::vector<adouble>& x) {
  adouble sum = x[0] * x[0];
  for (size_t i = 1; i < x.size(); i++) sum += x[0] * exp(x[i]);
  return sum;
}

std::vector<double> spread(int n) {
  std::vector<double> at(n);
  for (int i = 0; i < n; i++) at[i] = 0.1 + (i % 7) / 10.0;
  return at;
}

// A Compressed is the product of a matrix with one direction for each colour.
struct Compressed {
  double** rows;
  Compressed(int m, int n) : rows(myalloc2(m, n)) {}
  ~Compressed() { myfree2(rows); }
};

// A Pattern lists the columns of each row, behind their number.
struct Pattern {
  std::vector<unsigned*> rows;
  explicit Pattern(int m) : rows(m) {}
  ~Pattern() {
    for (unsigned* row : rows) free(row);
  }
};

double sparseJacobian(const std::vector<double>& at) {
  const int n = int(at.size()), m = n - 2;
  const short tag = 0;
  {
    std::vector<adouble> x(n);
    double y;
    trace_on(tag);
    for (int i = 0; i < n; i++) x[i] <<= at[i];
    for (int i = 0; i < m; i++) banded(x, i) >>= y;
    trace_off();
  }
  Pattern pattern(m);
  int automatic[3] = {0, 0, 0};
  jac_pat(tag, m, n, at.data(), pattern.rows.data(), automatic);
  ColPack::BipartiteGraphPartialColoringInterface g(SRC_MEM_ADOLC, pattern.rows.data(), m, n);
  double** seed;
  int rows, colours;
  g.GenerateSeedJacobian(&seed, &rows, &colours, "SMALLEST_LAST", "COLUMN_PARTIAL_DISTANCE_TWO");
  Compressed products(m, colours);
  std::vector<double> y(m);
  fov_forward(tag, m, n, colours, at.data(), seed, y.data(), products.rows);
  ColPack::JacobianRecovery1D recovery;
  unsigned *row = nullptr, *column = nullptr;
  double *value = nullptr, sum = 0;
  int entries = recovery.RecoverD2Cln_CoordinateFormat(&g, products.rows, pattern.rows.data(), &row, &column, &value);
  for (int k = 0; k < entries; k++) sum += value[k];
  return sum;
}

double sparseHessian(const std::vector<double>& at, adouble (*f)(const std::vector<adouble>&)) {
  const int n = int(at.size());
  const short tag = 1;
  {
    std::vector<adouble> x(n);
    double y;
    trace_on(tag);
    for (int i = 0; i < n; i++) x[i] <<= at[i];
    f(x) >>= y;
    trace_off();
  }
  Pattern pattern(n);
  hess_pat(tag, n, at.data(), pattern.rows.data(), 0);
  ColPack::GraphColoringInterface g(SRC_MEM_ADOLC, pattern.rows.data(), n);
  double** seed;
  int rows, colours;
  g.GenerateSeedHessian(&seed, &rows, &colours, "SMALLEST_LAST", "STAR");
  Compressed products(n, colours);
  hess_mat(tag, n, colours, const_cast<double*>(at.data()), seed, products.rows);
  ColPack::HessianRecovery recovery;
  unsigned *row = nullptr, *column = nullptr;
  double *value = nullptr, sum = 0;
  int entries = recovery.DirectRecover_CoordinateFormat(&g, products.rows, pattern.rows.data(), &row, &column, &value);
  for (int k = 0; k < entries; k++) sum += row[k] == column[k] ? value[k] : 2 * value[k];  // of the two halves one is there
  return sum;
}

}  // namespace

int main() {
  serve("ADOL-C, ColPack", [](std::istream& words) {
    std::string kind, what;
    int n;
    words >> kind >> what >> n;
    std::function<double(const std::vector<double>&)> f;
    if (kind == "sparse" && what == "banded-jacobian") f = sparseJacobian;
    if (kind == "sparse" && what == "banded-hessian") f = [](auto& at) { return sparseHessian(at, bandedSum); };
    if (kind == "sparse" && what == "arrow-head-hessian") f = [](auto& at) { return sparseHessian(at, arrowHead); };
    if (!f) throw std::string("unknown job");
    Job job;
    job.check = f(spread(n));
    job.run = [=] { f(spread(n)); };
    return job;
  });
}
