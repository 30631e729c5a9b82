#!/bin/bash
# {{title}}
#BSUB -J "{{name}}{{array}}"
#BSUB -q {{partition}}
#BSUB -P {{account}}
#BSUB -sla {{qos}}
#BSUB -n {{cpus}}
#BSUB -R "span[hosts=1] rusage[mem={{memory_mib}}MB]"
#BSUB -M {{memory_mib}}MB
#BSUB -W {{minutes}}
#BSUB -cwd {{directory}}
#BSUB -o {{log}}
#BSUB -r
{{options}}

{{prologue}}
index=${LSB_JOBINDEX:-0}
exec {{command}} "$((index == 0 ? 1 : index))"
