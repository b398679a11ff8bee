#include <algorithm>

#include "core/quoting.hpp"
#include "worker/extractor/acoustic_methods.hpp"
#include "worker/extractor/bert_method.hpp"
#include "worker/extractor/hashed_text.hpp"
#include "worker/extractor/method.hpp"

namespace mer::extractor {
namespace {

struct Row {
  Method::Input input;
  const char* name;
  std::unique_ptr<const Method> (*make)();                                         // nullptr: of a model
  Result<std::unique_ptr<const Method>> (*make_of)(const std::string&) = nullptr;  // the model's folder

  bool has_model() const { return make_of != nullptr; }
};

constexpr Row kMethods[] = {
    {Method::Input::audio, "mfcc", make_mfcc},
    {Method::Input::audio, "logmel", make_logmel},
    {Method::Input::text, "hash", make_hashed_text},
    {Method::Input::text, "bert", nullptr, make_bert},
};

}  // namespace

std::vector<std::string> method_names(Method::Input input) {
  std::vector<std::string> names;
  for (const Row& row : kMethods) {
    if (row.input == input) names.emplace_back(row.name);
  }
  return names;
}

Result<std::unique_ptr<const Method>> method_named(Method::Input input, const std::string& name,
                                                   const MethodOptions& options) {
  const auto* const row =
      std::ranges::find_if(kMethods, [&](const Row& each) { return each.input == input && each.name == name; });
  const std::string option = input == Method::Input::audio ? "--audio" : "--text";
  if (row == std::end(kMethods)) {
    return invalid(option + " " + quote(name) + " is no method, expected one of " + quote_list(method_names(input)));
  }
  if (row->has_model() && options.model.empty()) {
    return invalid(option + " " + name + " wants a model: --model and its folder");
  }
  if (!row->has_model() && !options.model.empty()) {
    return invalid(option + " " + name + " has no model: leave out --model, or name another method");
  }
  if (row->has_model()) return row->make_of(options.model);
  return row->make();
}

}  // namespace mer::extractor
