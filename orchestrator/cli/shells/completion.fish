# Completion of daybreak for fish: daybreak completion fish | source
function __daybreak_words
    set -l words (commandline -opc)
    $words[1] completion words $words[2..-1] (commandline -ct) 2>/dev/null
end
complete -c daybreak -f -a '(__daybreak_words)'
