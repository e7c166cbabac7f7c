import ArgumentParser

/// The ways to ask for help, as the argument parser knows them.
enum HelpRequest {
  /// A command line in which `help COMMAND` and `--help-all` are options that the parser has.
  static func spelledOut(_ arguments: [String]) -> [String] {
    let words = arguments.map { $0 == "--help-all" ? "--help-hidden" : $0 }
    guard words.first == "help" else { return words }
    let asked = words.contains("--help-hidden") ? "--help-hidden" : "--help"
    return words.dropFirst().filter { !$0.hasPrefix("-") } + [asked]
  }

  /// What is shown for a command line that the parser answers with a text: pages of help are ours.
  static func answer(_ text: String, to arguments: [String]) -> String {
    guard text.hasPrefix("OVERVIEW: ") || text.hasPrefix("USAGE: ") else { return text }
    return HelpPage(of: arguments, showsAll: arguments.contains("--help-hidden")).text
  }
}
