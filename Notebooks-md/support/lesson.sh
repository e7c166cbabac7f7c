# Sourced by the first cell of every lesson: `source support/lesson.sh 02`. Goes to work/02, empty, finds the command, and
# makes a cell that fails stop there, say so, and lose nothing. `source support/lesson.sh 02 keep` leaves what is in work/02,
# to go on after the kernel was restarted.
#
# LETHE_LESSON=small takes a third of the data, two seeds for three and diagnoses on fewer examples ($samples), for
# the tests: the same cells, other numbers.
# LETHE_BUILD=/folder runs the lethe that stands there; LETHE_WORK=/folder is used in place of work.

lesson_support=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
lesson_root=$(cd "$lesson_support/../.." && pwd)
fixtures=$lesson_root/Fixtures
PATH=$lesson_root/.libtorch/python/bin:$PATH
[[ -n ${LETHE_BUILD:-} ]] && PATH=$LETHE_BUILD:$PATH
command -v lethe >/dev/null || PATH=$lesson_root/.build/release:$PATH
seeds=3 samples=500
[[ ${LETHE_LESSON:-} == small ]] && seeds=2 samples=150
# The order of sums, and with it the last digits of what is trained, hang on the number of threads.
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-2}
set -o pipefail

# Shows SVG files under the cell.
picture() {
  python "$lesson_support/show.py" picture "$@" | lesson_display
}

# Draws lines of a CSV file as SVG: chart FILE.csv TITLE X Y BY FILE.svg [XTITLE [YTITLE]].
chart() {
  python "$lesson_support/chart.py" "$@"
}

# Shows a CSV file under the cell, or the columns of it that are named.
table() {
  python "$lesson_support/show.py" table "$@" | lesson_display
}

# Shows a page of lethe under the cell.
page() {
  python "$lesson_support/show.py" page "$@" | lesson_display
}

# Shows images of a data file, the first of each class of its test part.
images() {
  python "$lesson_support/show.py" images "$@" | lesson_display
}

# check WHAT CONDITION HINT: says whether an exercise is done. CONDITION is Python, with what support/check.py gives it.
check() {
  python "$lesson_support/check.py" "$@"
}

# Writes the data that a lesson asks for into its folder.
lesson_data() {
  python "$lesson_support/data.py" "$@"
}

# In a notebook the kernel takes HTML; elsewhere one line says what would be seen.
lesson_display() {
  if [[ $(type -t displayHTML) == function ]]; then displayHTML; else echo "($(wc -c) bytes of HTML, seen in a notebook)"; fi
}

# A cell is sent to the shell line by line, and the kernel asks with `echo $?` how it ended. After a line that failed the
# others are left out, until then.
lesson_stopped=

lesson_step() {
  [[ -z $lesson_stopped ]] && return 0
  # shellcheck disable=SC2016
  if [[ $1 == 'echo $?' ]]; then
    echo "$lesson_stopped"
    lesson_stopped=
  fi
  return 1
}

lesson_error() {
  local status=$1 command=$2 functions=$3 subshells=$4
  # shellcheck disable=SC2016
  [[ -z $lesson_stopped && $command != 'echo $?' && $functions == 0 && $subshells == 0 ]] || return 0
  printf '%s\n' "This cell stopped at: $command (status $status). The line above says why." \
    "Nothing is lost: mend the cell and run it again." >&2
  lesson_stopped=$status
}

lesson_work=${LETHE_WORK:-$lesson_root/Notebooks-md/work}/$1
if [[ ! -x $(command -v lethe) ]]; then
  echo "lethe is not built yet: run 'make lab' in $lesson_root, which builds it and opens the lessons." >&2
else
  [[ ${2:-} == keep ]] || rm -rf "$lesson_work"
  # A first cell that is run again finds this file from the lesson's folder.
  mkdir -p "$lesson_work" && cd "$lesson_work" && ln -sfn "$lesson_support" support && echo "lethe $(lethe --version), working in ${PWD#"$lesson_root/"}"
fi

if [[ $(type -t displayHTML) == function ]]; then
  # JupyterLab breaks lines within words.
  displayHTML <<<'<style>.jp-OutputArea-output pre { word-break: normal !important; overflow-wrap: anywhere }</style>'
  shopt -s extdebug
  trap '(( ${#FUNCNAME[@]} )) || lesson_step "$BASH_COMMAND"' DEBUG
  # Arguments first: what a trap runs replaces $?.
  trap 'lesson_error "$?" "$BASH_COMMAND" "${#FUNCNAME[@]}" "$BASH_SUBSHELL"' ERR
fi
