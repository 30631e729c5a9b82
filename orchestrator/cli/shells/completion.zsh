#compdef daybreak
# Completion of daybreak for zsh, behind compinit: source <(daybreak completion zsh)
_daybreak() {
    local found
    for found in "${(@f)$($words[1] completion words "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
        if [[ $found == *[=/] ]]; then compadd -S '' -- $found; else compadd -- $found; fi
    done
}
compdef _daybreak daybreak
