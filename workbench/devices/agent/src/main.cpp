// The workbench's agent on a device: JSON lines on standard output, described in agent.md.

#include <cstring>

#include "commands.h"
#include "failure.h"

int main(int argc, char** argv) {
    struct Command {
        const char* name;
        int (*run)(int, char**);
    };
    constexpr Command kCommands[] = {
        {"info", info_command},
        {"bench", bench_command},
        {"sample", sample_command},
        {"evolve", evolve_command},
    };
    report_crashes();
    for (const Command& command : kCommands)
        if (argc > 1 && std::strcmp(argv[1], command.name) == 0)
            return command.run(argc - 2, argv + 2);
    fail_usage("the first argument must be one of info, bench, sample, evolve");
}
