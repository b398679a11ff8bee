#include "cli/corpus_parser.hpp"

#include <CLI/CLI.hpp>

#include "cli/add_command.hpp"

namespace mer::cli {
namespace {

void add_folders(CLI::App* command, ImportOptions& import, const std::string& raw) {
  command->add_option("DIR", import.folder, raw)->required();
  command->add_option("OUT", import.out, "Folder to write; must not exist or be empty")->required();
  command->add_flag("--strict", import.strict, "Refuse a corpus where something is skipped or guessed");
}

void add_import_commands(CLI::App& corpus, CorpusArguments& arguments) {
  CLI::App* import = add_command(corpus, "import", "Make a corpus folder of a raw corpus",
                                 "merctl corpus import iemocap IEMOCAP_full_release corpora/iemocap");
  import->require_subcommand(1);
  ImportOptions& options = arguments.import;

  CLI::App* iemocap = add_command(*import, "iemocap", "IEMOCAP: Session1 to Session5",
                                  "merctl corpus import iemocap IEMOCAP_full_release corpora/iemocap");
  add_folders(iemocap, options, "Folder with Session1 to Session5, or the one above");
  iemocap->add_option("--classes", options.iemocap.classes, "4: happy with excited; 6: excited, frustrated; all")
      ->capture_default_str()
      ->check(CLI::IsMember({"4", "6", "all"}));
  iemocap->add_option("--scenario", options.iemocap.scenario, "Dialogues to take")
      ->capture_default_str()
      ->check(CLI::IsMember({"improvised", "scripted", "all"}));
  iemocap->add_option("--labels", options.iemocap.labels, "standard: the raters' consensus; else a CSV file")
      ->capture_default_str()
      ->type_name("FILE");
  iemocap->add_option("--context", options.iemocap.context, "all: keep turns of no class as context")
      ->capture_default_str()
      ->check(CLI::IsMember({"labelled", "all"}));
  iemocap->callback([&arguments] {
    arguments.chosen = [&arguments] { return import_iemocap_command(arguments.context, arguments.import); };
  });

  CLI::App* msp = add_command(*import, "msp-improv", "MSP-IMPROV: Evaluation.txt, transcripts, Audio",
                              "merctl corpus import msp-improv MSP-IMPROV corpora/msp-improv");
  add_folders(msp, options, "Folder with Evaluation.txt and Audio; or the one above");
  msp->add_option("--groups", options.groups, "As S,T: R read, T target, S other improvised, P natural")
      ->delimiter(',')
      ->type_name("LETTERS")
      ->default_str("S")
      ->check(CLI::IsMember({"S", "R", "P", "T"}));
  msp->add_option("--min-seconds", options.msp_improv.min_seconds, "Leave out shorter turns")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 3600.0));
  msp->callback([&arguments] {
    arguments.chosen = [&arguments] { return import_msp_improv_command(arguments.context, arguments.import); };
  });
}

void add_exchange_commands(CLI::App& corpus, CorpusArguments& arguments) {
  CLI::App* add = add_command(corpus, "add", "Add features that another tool made, as a modality",
                              "merctl corpus add corpora/iemocap wav2vec2 wav2vec2.npz");
  add->add_option("DIR", arguments.add.folder, "Corpus folder")->required();
  add->add_option("MODALITY", arguments.add.modality, "Name of the new modality")->required();
  add->add_option("FILE", arguments.add.file, "Matrix: .npy, .npz, .csv or .safetensors")->required();
  add->add_option("--ids", arguments.add.ids, "Utterance of each row: a text or .npy")->type_name("FILE");
  add->add_flag("--replace", arguments.add.replace, "Put it in the place of one that is there");
  add->callback([&arguments] {
    arguments.chosen = [&arguments] { return corpus_add_command(arguments.context, arguments.add); };
  });

  CLI::App* out = add_command(corpus, "export", "Write a corpus for NumPy, pandas and others",
                              "merctl corpus export corpora/iemocap iemocap.npz");
  ExportOptions& options = arguments.exported;
  out->add_option("DIR", options.folder, "Corpus folder")->required();
  out->add_option("OUT", options.out, "File .npz or .csv, or a folder, for .npy files")->required();
  out->add_option("--modality", options.modality, "Only this one; default: all")->type_name("NAME");
  out->callback([&arguments] {
    arguments.chosen = [&arguments] { return corpus_export_command(arguments.context, arguments.exported); };
  });
}

}  // namespace

void add_corpus_commands(CLI::App& app, CorpusArguments& arguments) {
  CLI::App* corpus = add_command(app, "corpus", "Import, make, check, show and exchange corpora",
                                 "merctl corpus check corpora/iemocap");
  corpus->require_subcommand(1);
  CLI::App* check = add_command(*corpus, "check", "Validate a corpus folder and count what it holds",
                                "merctl corpus check corpora/iemocap");
  check->add_option("DIR", arguments.folder, "Corpus folder")->required();
  check->callback([&arguments] {
    arguments.chosen = [&arguments] { return corpus_check_command(arguments.context, arguments.folder); };
  });
  add_import_commands(*corpus, arguments);
  add_exchange_commands(*corpus, arguments);
  CLI::App* show = add_command(*corpus, "show", "Say what a corpus holds, and how its features are spread",
                               "merctl corpus show corpora/iemocap");
  show->add_option("DIR", arguments.folder, "Corpus folder")->required();
  show->callback([&arguments] {
    arguments.chosen = [&arguments] { return corpus_show_command(arguments.context, arguments.folder); };
  });
  CLI::App* synth = add_command(*corpus, "synth", "Write a synthetic corpus with a real one's shape",
                                "merctl corpus synth msp-improv /tmp/msp --seed 1");
  synth->add_option("PRESET", arguments.preset, "iemocap or msp-improv")->required();
  synth->add_option("DIR", arguments.synth_folder, "Folder to write; must not exist or be empty")->required();
  synth->add_option("--seed", arguments.seed, "Seed")->capture_default_str();
  synth->callback([&arguments] {
    arguments.chosen = [&arguments] {
      return corpus_synth_command(arguments.context, arguments.preset, arguments.synth_folder, arguments.seed);
    };
  });
}

}  // namespace mer::cli
