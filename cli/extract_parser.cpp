#include "cli/extract_parser.hpp"

#include <CLI/CLI.hpp>

#include "cli/add_command.hpp"
#include "data/feature_methods.hpp"

namespace mer::cli {

void add_extract_command(CLI::App& app, ExtractArguments& arguments) {
  ExtractOptions& options = arguments.options;
  CLI::App* extract = add_command(app, "extract", "Compute features of an imported corpus; resumable",
                                  "merctl extract corpora/iemocap --audio mfcc --text hash");
  extract->add_option("DIR", options.folder, "Corpus folder with recordings.csv")->required();
  extract->add_option("--audio", options.audio, "Method for what is heard")->check(CLI::IsMember(data::kAudioMethods));
  extract->add_option("--text", options.text, "Method for transcripts")->check(CLI::IsMember(data::kTextMethods));
  extract->add_option("--model", options.model, "Folder of the model that --text bert computes by");
  extract->add_option("--device", options.device, "Where the model computes; default: a GPU where one is")
      ->check(CLI::IsMember({"auto", "cpu", "cuda"}));
  extract->add_option("--opensmile", options.opensmile, "Folder of the Python package opensmile")->type_name("DIR");
  extract->add_option("--jobs", options.jobs, "Utterances at a time; default: one a core")->check(CLI::Range(1, 1024));
  extract->add_flag("--replace", options.replace, "Put them in the place of features that are there");
  extract->callback([&arguments] {
    arguments.chosen = [&arguments] { return extract_command(arguments.context, arguments.options); };
  });
}

}  // namespace mer::cli
