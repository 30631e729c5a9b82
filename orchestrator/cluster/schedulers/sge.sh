#!/bin/bash
# {{title}}
#$ -N {{name}}
#$ -S /bin/bash
#$ -q {{partition}}
#$ -P {{account}}
#$ -l qos={{qos}}
#$ -pe smp {{several_cpus}}
#$ -l h_vmem={{memory_mib_per_slot}}M
#$ -l h_rt={{clock}}
#$ -t {{array}}
#$ -wd {{directory}}
#$ -o {{log}}
#$ -j y
#$ -r y
# SIGUSR2 comes before the end: the phases are ended; those that are not sealed then are run by a later submission.
#$ -notify
{{options}}

{{prologue}}
exec {{command}} "${SGE_TASK_ID/undefined/1}"
