#!/bin/bash
# {{title}}
#SBATCH --job-name={{name}}
#SBATCH --comment={{name}}
#SBATCH --partition={{partition}}
#SBATCH --account={{account}}
#SBATCH --qos={{qos}}
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task={{cpus}}
#SBATCH --mem={{memory_mib}}M
#SBATCH --time={{minutes}}
#SBATCH --array={{array}}
#SBATCH --chdir={{directory}}
#SBATCH --output={{log}}
#SBATCH --open-mode=append
#SBATCH --requeue
# Before the time limit, or at a short one, the phases are ended; those not sealed then are what `resubmit` sends.
#SBATCH --signal=B:USR1@{{notice_s}}
{{options}}

{{prologue}}
exec {{command}} "${SLURM_ARRAY_TASK_ID:-1}"
