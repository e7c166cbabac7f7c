import Foundation
import TestSupport

/// A call of `lethe` that a page shows.
struct DocumentedCommand {
  let page: String
  let line: Int
  let arguments: [String]

  var place: String { "\(page):\(line): lethe \(arguments.joined(separator: " "))" }

  /// What the shell makes of a page's blocks, one after the other, where `lethe` notes its arguments and nothing else
  /// is found: variables, loops, pipes and quotes are the shell's own. `seeds` and `samples` are what a lesson's first cell makes them.
  static func all(of page: Page) throws -> [DocumentedCommand] {
    let folder = try TemporaryFolder()
    try prelude.write(toFile: folder.file("prelude"), atomically: true, encoding: .utf8)
    try (page.shellLines.joined(separator: "\n") + "\n")
      .write(toFile: folder.file("page"), atomically: true, encoding: .utf8)
    let run = try Command(
      script: """
        BASH_ENV=prelude NOTED=noted bash page < /dev/null 2>&1 > /dev/null | grep -aE 'syntax error|unexpected' >&2
        """, in: folder.path)
    guard run.errors.isEmpty else { throw NotShell(page: page.path, errors: run.errors) }
    guard let noted = FileManager.default.contents(atPath: folder.file("noted")) else { return [] }
    var words = noted.split(separator: 0, omittingEmptySubsequences: false).dropLast()
      .map { String(decoding: $0, as: UTF8.self) }[...]
    var commands: [DocumentedCommand] = []
    while let line = words.popFirst().flatMap(Int.init), let count = words.popFirst().flatMap(Int.init) {
      commands.append(DocumentedCommand(page: page.path, line: line, arguments: Array(words.prefix(count))))
      words = words.dropFirst(count)
    }
    return commands
  }

  struct NotShell: Error {
    let page: String
    let errors: String
  }

  private static let prelude = """
    PATH=/nonexistent
    lethe() { printf '%s\\0' "${launched:-${BASH_LINENO[0]}}" "$#" "$@" >>"$NOTED"; }
    command_not_found_handle() { return 0; }
    torchrun() { while (($#)) && [[ $1 != lethe ]]; do shift; done; launched=${BASH_LINENO[0]} "$@"; }
    seq() { local i; for ((i = 1; i <= $1; i++)); do echo $i; done; }
    seeds=3 samples=500
    cd() { :; }; exit() { :; }; set() { :; }; source() { :; }; kill() { :; }

    """
}
