# Completion for bash: `sonde complete` knows what may stand there, here it is only put in place.

_sonde() {
	local words=() word line typed start i
	# bash takes words apart at ':' and '='; sonde does not.
	for ((i = 1; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if ((${#words[@]})) && [[ "$word ${words[-1]}" =~ ^[:=]|[:=]$ && $COMP_LINE == *"${words[-1]}$word"* ]]; then
			words[-1]+=$word
		else
			words+=("$word")
		fi
	done
	# Nor does it know quotes; what bash replaces then is the whole word, else the part behind these.
	start=
	case $word in
	[\'\"]*) words[-1]=${word:1} ;;
	*) start=${words[-1]%"${words[-1]##*[:=]}"} ;;
	esac
	typed=${words[-1]#"$start"}
	COMPREPLY=()
	while IFS= read -r line; do
		case $line in
		:files) compopt -o filenames; mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- "$typed") ;;
		:folders) compopt -o filenames; mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -d -- "$typed") ;;
		:commands) mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -c -- "$typed") ;;
		*) line=${line%%$'\t'*}; COMPREPLY+=("${line#"$start"}") ;;
		esac
	done < <("${COMP_WORDS[0]}" complete "${words[@]}" 2>/dev/null)
	[[ ${#COMPREPLY[@]} -ne 1 || ${COMPREPLY[0]} != *: ]] || compopt -o nospace
}
complete -F _sonde sonde
