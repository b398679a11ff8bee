// bench_bert MODEL TEXTS THREADS: prints the seconds that the text method bert takes for the texts of a JSON file,
// computed as mer-extractor does: by threads that each take the next ones. Without the time of opening the model.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "core/json.hpp"
#include "worker/extractor/bert_method.hpp"

namespace {

double seconds_for(const mer::extractor::Method& method, std::span<const std::string> texts, int threads) {
  const auto begun = std::chrono::steady_clock::now();
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    const std::size_t step = method.inputs_at_once();
    for (std::size_t first; (first = next.fetch_add(step)) < texts.size();) {
      (void)method.features_of(texts.subspan(first, std::min(step, texts.size() - first)));
    }
  };
  {
    std::vector<std::jthread> pool;
    for (int i = 0; i < threads; ++i) pool.emplace_back(work);
  }
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("usage: bench_bert MODEL TEXTS.json THREADS\n", stderr);
    return 2;
  }
  const auto method = mer::extractor::make_bert(argv[1]);
  if (!method) {
    std::fprintf(stderr, "%s\n", method.error().message.c_str());
    return 1;
  }
  std::ifstream file(argv[2]);
  const auto texts = nlohmann::json::parse(file).get<std::vector<std::string>>();
  const int threads = std::max(1, std::atoi(argv[3]));
  (void)seconds_for(**method, std::span(texts).first(std::min<std::size_t>(texts.size(), 32)), threads);
  std::printf("%f\n", seconds_for(**method, texts, threads));
  return 0;
}
