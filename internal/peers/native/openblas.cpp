// OpenBLAS as a peer: its library is loaded when the program starts, so that nothing of it is needed to build this.
#include <dlfcn.h>

#include "peer.hpp"

namespace {

enum { RowMajor = 101, NoTrans = 111, Trans = 112 };

using sgemm_t = void (*)(int, int, int, int, int, int, float, const float*, int, const float*, int, float, float*, int);
using dgemm_t = void (*)(int, int, int, int, int, int, double, const double*, int, const double*, int, double, double*, int);

template <class T, class F>
Job gemm(F f, const std::string& form, int m, int n, int k) {
  auto a = std::make_shared<std::vector<T>>(size_t(m) * k), b = std::make_shared<std::vector<T>>(size_t(k) * n),
       c = std::make_shared<std::vector<T>>(size_t(m) * n);
  for (size_t i = 0; i < a->size(); i++) (*a)[i] = T(noise(i, 1));
  for (size_t i = 0; i < b->size(); i++) (*b)[i] = T(noise(i, 2));
  bool ta = form[0] == 't', tb = form[1] == 't';
  Job job;
  job.run = [=] {
    f(RowMajor, ta ? Trans : NoTrans, tb ? Trans : NoTrans, m, n, k, 1, a->data(), ta ? m : k, b->data(), tb ? k : n, 0, c->data(), n);
  };
  job.run();
  job.check = 0;
  for (size_t i = 0; i < c->size(); i++) job.check += (*c)[i] * noise(i, 3);
  return job;
}

}  // namespace

int main() {
  void* lib = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_GLOBAL);
  if (!lib) lib = dlopen("libopenblas.so", RTLD_NOW | RTLD_GLOBAL);
  if (!lib) {
    std::cout << "no libopenblas.so.0 is not installed" << std::endl;
    return 0;
  }
  auto s = (sgemm_t)dlsym(lib, "cblas_sgemm");
  auto d = (dgemm_t)dlsym(lib, "cblas_dgemm");
  auto config = (char* (*)())dlsym(lib, "openblas_get_config");
  auto core = (char* (*)())dlsym(lib, "openblas_get_corename");
  if (!s || !d || !config || !core) {
    std::cout << "no this libopenblas has no cblas interface" << std::endl;
    return 0;
  }
  std::istringstream name(config());
  std::string library, version;
  name >> library >> version;
  serve(library + " " + version + ", kernels for " + core(), [=](std::istream& words) {
    std::string kind, type, form;
    int m = 0, n = 0, k = 0;
    words >> kind >> type >> form >> m >> n >> k;
    if (kind != "gemm" || !words) throw std::string("unknown job");
    return type == "f32" ? gemm<float>(s, form, m, n, k) : gemm<double>(d, form, m, n, k);
  });
}
