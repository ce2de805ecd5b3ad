// What the machine can do at most: multiply-add units that never wait, and a loop that copies.
#include <atomic>
#include <cstring>
#include <thread>

#include "peer.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace {

// A Team runs a function on one thread or two. The second waits actively for some microseconds before it sleeps.
class Team {
 public:
  explicit Team(int threads) {
    if (threads > 1) helper = std::thread([this] { help(); });
  }
  ~Team() {
    if (!helper.joinable()) return;
    stop = true;
    wake();
    helper.join();
  }
  // run calls f(0) and, on the helper, f(1).
  template <class F>
  void run(const F& f) {
    if (!helper.joinable()) return f(0);
    work = f;
    wake();
    f(0);
    wait(done, asked.load());
  }
  int threads() const { return helper.joinable() ? 2 : 1; }

 private:
  void wake() {
    asked.fetch_add(1);
    asked.notify_one();
  }
  // wait returns when counter is goal.
  static void wait(std::atomic<int>& counter, int goal) {
    for (int i = 0; i < 20000; i++) {
      if (counter.load(std::memory_order_acquire) == goal) return;
#if defined(__x86_64__)
      _mm_pause();
#endif
    }
    for (int v; (v = counter.load(std::memory_order_acquire)) != goal;) counter.wait(v);
  }
  void help() {
    for (int turn = 1;; turn++) {
      wait(asked, turn);
      if (stop) return;
      work(1);
      done.store(turn, std::memory_order_release);
      done.notify_one();
    }
  }
  std::function<void(int)> work;
  std::atomic<int> asked{0}, done{0};
  std::atomic<bool> stop{false};
  std::thread helper;
};

// Multiply-adds that do not wait for each other, more of them than any processor has under way. The compiler must keep
// them: an empty asm may have changed every sum.
#define CHAINS(NAME, TARGET, V, REGISTER, SET, FMA)                                                                      \
  TARGET __attribute__((noinline)) void NAME(long n) {                                                                   \
    V a0 = SET(1), a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0, a6 = a0, a7 = a0, a8 = a0, a9 = a0, a10 = a0, a11 = a0;   \
    V x = SET(0.5), y = SET(0.5);                                                                                        \
    for (long i = 0; i < n; i++) {                                                                                       \
      a0 = FMA(a0, x, y), a1 = FMA(a1, x, y), a2 = FMA(a2, x, y), a3 = FMA(a3, x, y), a4 = FMA(a4, x, y);                \
      a5 = FMA(a5, x, y), a6 = FMA(a6, x, y), a7 = FMA(a7, x, y), a8 = FMA(a8, x, y), a9 = FMA(a9, x, y);                \
      a10 = FMA(a10, x, y), a11 = FMA(a11, x, y);                                                                        \
      asm volatile("" : REGISTER(a0), REGISTER(a1), REGISTER(a2), REGISTER(a3), REGISTER(a4), REGISTER(a5));             \
      asm volatile("" : REGISTER(a6), REGISTER(a7), REGISTER(a8), REGISTER(a9), REGISTER(a10), REGISTER(a11));           \
    }                                                                                                                    \
  }
const int chains = 12;

#if defined(__x86_64__)
#define AVX2 __attribute__((target("avx2,fma")))
#define AVX512 __attribute__((target("avx512f")))
#define REGISTER "+v"
CHAINS(floats256, AVX2, __m256, REGISTER, _mm256_set1_ps, _mm256_fmadd_ps)
CHAINS(doubles256, AVX2, __m256d, REGISTER, _mm256_set1_pd, _mm256_fmadd_pd)
CHAINS(floats512, AVX512, __m512, REGISTER, _mm512_set1_ps, _mm512_fmadd_ps)
CHAINS(doubles512, AVX512, __m512d, REGISTER, _mm512_set1_pd, _mm512_fmadd_pd)
#elif defined(__aarch64__)
#define REGISTER "+w"
CHAINS(floats128, , float32x4_t, REGISTER, vdupq_n_f32, vfmaq_f32)
CHAINS(doubles128, , float64x2_t, REGISTER, vdupq_n_f64, vfmaq_f64)
#endif

using Loop = void (*)(long);

struct Vectors {
  std::string name;  // of the instructions
  int bits;
  Loop floats, doubles;
};

std::vector<Vectors> instructions() {
  std::vector<Vectors> list;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) list.push_back({"avx2", 256, floats256, doubles256});
  if (__builtin_cpu_supports("avx512f")) list.push_back({"avx512", 512, floats512, doubles512});
#elif defined(__aarch64__)
  list.push_back({"neon", 128, floats128, doubles128});
#endif
  return list;
}

// peak is "<type> <instructions or best> <threads> <operations>": the least time for so many floating-point operations,
// two of which are a multiply-add.
Job peak(std::istream& words) {
  std::string type, name;
  int threads = 0;
  double operations = 0;
  words >> type >> name >> threads >> operations;
  bool single = type == "f32";
  if (!words || (!single && type != "f64")) throw std::string("unknown job");
  auto team = std::make_shared<Team>(threads);
  Job best;
  double rate = 0;
  for (auto& v : instructions()) {
    if (name != "best" && name != v.name) continue;
    const long turns = 200000;
    double each = 2.0 * chains * turns * (v.bits / (single ? 32 : 64)) * threads;
    Loop loop = single ? v.floats : v.doubles;
    Job job;
    job.run = [=] { team->run([=](int) { loop(turns); }); };
    job.part = each / operations;
    seconds(job.run, 10);
    double r = 0;
    for (int i = 0; i < 5; i++) r = std::max(r, each / seconds(job.run, 1));
    if (r > rate * 1.01) rate = r, best = job;
  }
  if (rate == 0) throw std::string("the processor has no " + name);
  return best;
}

#if defined(__x86_64__)
__attribute__((target("avx2"), noinline)) void vectors(char* to, const char* from, size_t n) {
  size_t i = 0;
  for (; i + 128 <= n; i += 128) {
    __m256i a = _mm256_loadu_si256((const __m256i*)(from + i)), b = _mm256_loadu_si256((const __m256i*)(from + i + 32));
    __m256i c = _mm256_loadu_si256((const __m256i*)(from + i + 64)), d = _mm256_loadu_si256((const __m256i*)(from + i + 96));
    _mm256_storeu_si256((__m256i*)(to + i), a), _mm256_storeu_si256((__m256i*)(to + i + 32), b);
    _mm256_storeu_si256((__m256i*)(to + i + 64), c), _mm256_storeu_si256((__m256i*)(to + i + 96), d);
  }
  memcpy(to + i, from + i, n - i);
}
#endif

// copy is "<threads> <bytes> <room>": the least time to copy half of so many bytes to as many others. The first half of the
// room is copied to the second, by memcpy or by a loop over vectors, on one thread or two, whichever is fastest.
Job copy(std::istream& words) {
  int most = 0;
  size_t bytes = 0, room = 0;
  words >> most >> bytes >> room;
  if (!words) throw std::string("unknown job");
  size_t half = room / 2;
  // The halves do not lie a multiple of 4096 bytes apart, where loads would wait for stores.
  auto memory = std::make_shared<std::vector<char>>(room + 4096 + 512, 1);
  char *from = memory->data(), *to = from + (half + 63) / 64 * 64 + 512;
  using Copy = void (*)(char*, const char*, size_t);
  std::vector<Copy> ways = {[](char* to, const char* from, size_t n) { memcpy(to, from, n); }};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) ways.push_back(vectors);
#endif
  Job best;
  double least = INFINITY;
  for (int threads = 1; threads <= most; threads++) {
    auto team = std::make_shared<Team>(threads);
    size_t each = half / threads / 64 * 64;
    for (Copy way : ways) {
      Job job;
      job.run = [=, keep = memory] {
        team->run([=](int i) { way(to + i * each, from + i * each, i + 1 < threads ? each : half - i * each); });
      };
      job.part = double(room) / bytes;
      seconds(job.run, 3);
      int n = 1;
      while (seconds(job.run, n) < 100e-6) n *= 2;
      for (int i = 0; i < 10; i++) {
        double t = seconds(job.run, n) / n;
        if (t < least) least = t, best = job;
      }
    }
  }
  return best;
}

}  // namespace

int main() {
  std::string names;
  for (auto& v : instructions()) names += " " + v.name;
  serve("multiply-adds of" + names, [](std::istream& words) {
    std::string kind;
    words >> kind;
    if (kind == "peak") return peak(words);
    if (kind == "copy") return copy(words);
    throw std::string("unknown job");
  });
}
