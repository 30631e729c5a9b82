# Completion of daybreak for bash: source <(daybreak completion bash)
_daybreak() {
    local -a words
    read -ra words <<< "${COMP_LINE:0:COMP_POINT}."  # the dot keeps a space at the end
    local last=$((${#words[@]} - 1))
    words[last]="${words[last]%.}"
    local before="${words[last]%"${words[last]##*[=:]}"}"  # bash replaces only what follows = or :
    mapfile -t COMPREPLY < <("$1" completion words "${words[@]:1}" 2>/dev/null)
    COMPREPLY=("${COMPREPLY[@]#"$before"}")
    [[ ${COMPREPLY[0]} == *[=/] ]] && compopt -o nospace
}
complete -F _daybreak daybreak
