// mer-smile LIBRARY CONFIGS CONFIG: runs openSMILE's library for mer-extractor, in a process of one thread that can
// fork. Descriptor 0 is the stream (smile_messages.hpp); it ends when that does, and by no signal that a terminal or
// Slurm sends to all.
#include <csignal>
#include <cstdio>
#include <unistd.h>

#include "worker/extractor/smile_server.hpp"

int main(int argc, char** argv) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2}) std::signal(signal, SIG_IGN);
  if (argc != 4) {
    std::fputs("mer-smile: started by mer-extractor alone (docs/features.md)\n", stderr);
    return 2;
  }
  return mer::extractor::smile::serve(STDIN_FILENO, {argv[1], argv[2], argv[3]}) ? 0 : 1;
}
