// nlohmann::json for every unit: include this, not <nlohmann/json.hpp>. Its templates are instantiated once, in
// json.cpp; compiled into each unit they were half of the build's time.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace nlohmann::detail {
using TextAdapter = iterator_input_adapter<std::string::const_iterator>;
}  // namespace nlohmann::detail

extern template class nlohmann::basic_json<>;
extern template class nlohmann::detail::serializer<nlohmann::json>;
extern template class nlohmann::detail::lexer<nlohmann::json, nlohmann::detail::TextAdapter>;
extern template class nlohmann::detail::parser<nlohmann::json, nlohmann::detail::TextAdapter>;
extern template class nlohmann::detail::json_sax_dom_parser<nlohmann::json>;
extern template class nlohmann::detail::json_sax_dom_callback_parser<nlohmann::json>;
extern template class std::vector<nlohmann::json>;
extern template class std::map<std::string, nlohmann::json, std::less<>>;
