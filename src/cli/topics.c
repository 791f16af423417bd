#include <string.h>

#include "cli/cli.h"
#include "cli/help.h"

typedef struct topic {
    const char *name, *text;
} topic;

static const topic topics[] = {
    {"concepts",
     "States\n"
     "  A run file holds one or more trainings, called groups. Each has recorded states: the whole "
     "parameter\n"
     "  vector theta at some moment. State 0 is before training. A state is named first, last, best, by its\n"
     "  index, or as epoch:E or step:S; FILE#GROUP@ before it names another file or group: "
     "a.run.h5#sgd@last.\n"
     "\n"
     "Slices\n"
     "  A landscape is the loss on a line or plane of parameter space. The line between two states is\n"
     "  tau(alpha) = alpha*theta* + (1-alpha)*theta: alpha = 0 is the first, alpha = 1 the second. The "
     "plane\n"
     "  through a state is tau_2d(alpha, beta) = theta* + alpha*delta + beta*eta, with two directions:\n"
     "    random   Gaussian, seeded by --seed\n"
     "    pca      the two directions in which the training moved most; most of its path lies near that "
     "plane\n"
     "    states:A,B,C   the plane through three states\n"
     "    FILE     those of another landscape\n"
     "  radial is the plane of multiples of theta*; it is one-dimensional in truth (see help compute).\n"
     "\n"
     "Filter normalisation\n"
     "  A ReLU network computes the same function when one layer is scaled up and the next one down, so a\n"
     "  plain random direction makes one network look sharp and its twin flat. --norm filter gives each\n"
     "  filter of the direction the length of the same filter of theta*, so that a step of 1 is as large as\n"
     "  the weights themselves, and pictures of different networks can be compared. Biases and batch norm "
     "are\n"
     "  left where they are (--ignore bias,bn). It is the default for random directions; the others have a\n"
     "  meaning of their own and are not rescaled.\n"
     "\n"
     "Precision\n"
     "  exact  32-bit arithmetic, every point by itself: the same bits in any grid that holds the point\n"
     "  fine   32-bit arithmetic that shares work between points and uses Winograd convolutions (default on\n"
     "         processors); on a GPU 16-bit activations and weights in two 16-bit parts, sums in 32 bits\n"
     "  fast   16-bit activations and weights, sums in 32 bits (GPU only, default there)\n"
     "  A point that is not finite or too large for 16 bits is computed again in exact; info tells how "
     "many.\n"
     "  The measured error of each against 64-bit arithmetic is in docs/performance.md and\n"
     "  docs/performance-gpu.md.\n"
     "\n"
     "Standard error, residual, recipe\n"
     "  Every loss is a mean over samples and carries its standard error. A path lies near a plane, not on\n"
     "  it: the residual is the distance of a state from the plane, and trace shows the true loss beside "
     "the\n"
     "  loss in the plane. The recipe is everything that fixes the numbers: model, data, sample, slice,\n"
     "  precision. It travels with every file and picture; a landscape goes on only under the same "
     "recipe.\n"},
    {"slurm",
     "A landscape on a cluster\n"
     "  compute saves what it has finished all the time, so a killed job loses nothing: the same command "
     "goes\n"
     "  on. On TERM, USR1 and USR2 it saves and exits with 75, which a job script can turn into a requeue:\n"
     "\n"
     "    #!/bin/bash\n"
     "    #SBATCH --requeue --signal=USR1@120 --open-mode=append\n"
     "    srun tauscape compute run.run.h5 -o land.land.h5 --progress plain\n"
     "    rc=$?\n"
     "    [ $rc -eq 75 ] && scontrol requeue $SLURM_JOB_ID\n"
     "    exit $rc\n"
     "\n"
     "Many jobs for one landscape\n"
     "  Each task of an array computes its share into a file of its own; merge joins them. The result does\n"
     "  not depend on the number of shards, bit for bit.\n"
     "\n"
     "    #SBATCH --array=1-8\n"
     "    srun tauscape compute run.run.h5 --shard auto -o part-$SLURM_ARRAY_TASK_ID.land.h5\n"
     "\n"
     "    tauscape merge part-*.land.h5 -o land.land.h5\n"
     "\n"
     "  --shard auto reads SLURM_ARRAY_TASK_ID, _MIN, _MAX and _COUNT; --shard 3/8 says it by hand. Several\n"
     "  writers on one file are refused.\n"},
};

tau_status tau_help_print_topic(FILE *out, const char *name) {
    const tau_cli_command *command = tau_cli_find_command(name);
    if (command) {
        tau_help_print_command(out, command);
        return TAU_STATUS_OK;
    }
    const char *names[32];
    size_t count = 0, topic_count = sizeof topics / sizeof *topics;
    for (size_t i = 0; i < topic_count; i++) {
        if (strcmp(topics[i].name, name) == 0) {
            fputs(topics[i].text, out);
            return TAU_STATUS_OK;
        }
        names[count++] = topics[i].name;
    }
    for (size_t i = 0; tau_cli_commands[i] && count + 1 < sizeof names / sizeof *names; i++)
        names[count++] = tau_cli_commands[i]->name;
    names[count] = NULL;
    const char *near = tau_cli_nearest(name, names);
    return tau_fail(TAU_STATUS_USAGE, "there is no help on \"%s\"" TAU_FIX "%s%s", name,
                    near ? "did you mean tauscape help " : "tauscape --help lists the commands",
                    near ? near : "");
}
