#include <algorithm>

#include "core/quoting.hpp"
#include "worker/extractor/acoustic_methods.hpp"
#include "worker/extractor/hashed_text.hpp"
#include "worker/extractor/method.hpp"

namespace mer::extractor {
namespace {

struct Row {
  Method::Input input;
  const char* name;
  std::unique_ptr<const Method> (*make)();
};

constexpr Row kMethods[] = {
    {Method::Input::audio, "mfcc", make_mfcc},
    {Method::Input::audio, "logmel", make_logmel},
    {Method::Input::text, "hash", make_hashed_text},
};

}  // namespace

std::vector<std::string> method_names(Method::Input input) {
  std::vector<std::string> names;
  for (const Row& row : kMethods) {
    if (row.input == input) names.emplace_back(row.name);
  }
  return names;
}

Result<std::unique_ptr<const Method>> method_named(Method::Input input, const std::string& name) {
  const auto* const row =
      std::ranges::find_if(kMethods, [&](const Row& each) { return each.input == input && each.name == name; });
  if (row != std::end(kMethods)) return row->make();
  return invalid(std::string(input == Method::Input::audio ? "--audio " : "--text ") + quote(name) +
                 " is no method, expected one of " + quote_list(method_names(input)));
}

}  // namespace mer::extractor
