#include "core/sweep.hpp"

#include "core/enum_names.hpp"

namespace mer {

std::string to_string(FoldSchemeKind kind) {
  return enum_name(kind);
}
std::string to_string(ValidationKind kind) {
  return enum_name(kind);
}
std::string to_string(FoldContext context) {
  return enum_name(context);
}

}  // namespace mer
