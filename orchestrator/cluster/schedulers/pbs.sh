#!/bin/bash
# {{title}}
#PBS -N {{name}}
#PBS -q {{partition}}
#PBS -A {{account}}
#PBS -l qos={{qos}}
#PBS -l select=1:ncpus={{cpus}}:mem={{memory_mib}}mb
#PBS -l walltime={{clock}}
#PBS -J {{array}}
#PBS -o {{log}}
#PBS -j oe
#PBS -r y
{{options}}

{{prologue}}
cd {{directory}}
exec {{command}} "${PBS_ARRAY_INDEX:-1}"
