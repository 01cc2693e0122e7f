// What the agent does. Each takes the arguments behind its name and returns the exit status.
#pragma once

int info_command(int argc, char** argv);
int bench_command(int argc, char** argv);
int sample_command(int argc, char** argv);
int evolve_command(int argc, char** argv);
