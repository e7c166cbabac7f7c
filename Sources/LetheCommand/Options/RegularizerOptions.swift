import ArgumentParser
import Training

/// Which regularizers hold a training back.
struct RegularizerOptions: ResultOptions {
  @Option(parsing: .singleValue, help: RegularizerHelp.argument, completion: .regularizers)
  var regularizer: [String] = []
}

enum RegularizerHelp {
  static let argument = ArgumentHelp(
    """
    KIND or KIND:SETTING=VALUE,…, as l2-sp:alpha=0.1,beta=0.01. Repeatable. Kinds: \
    \(RegularizerKind.all.map(\.name).joined(separator: ", ")).
    """, discussion: kinds)

  /// Every kind of regularizer with its settings as they are by default and its formula, then what the settings mean.
  private static let kinds: String = {
    let kinds = RegularizerKind.all.map { kind in
      let settings = kind.settings.map { "\($0.name)=\($0.choices?.joined(separator: "|") ?? $0.standard)" }
      return kind.name + (settings.isEmpty ? "" : ":" + settings.joined(separator: ",")) + "\n    " + kind.formula
    }
    var meanings: [(name: String, help: [String])] = []
    for setting in RegularizerKind.all.flatMap(\.settings) {
      if let known = meanings.firstIndex(where: { $0.name == setting.name }) {
        if !meanings[known].help.contains(setting.help) { meanings[known].help.append(setting.help) }
      } else {
        meanings.append((setting.name, [setting.help]))
      }
    }
    let list = meanings.map { "\($0.name): \($0.help.joined(separator: "; or "))" }
    return (kinds + ["Settings (the first choice is the default):"] + list).joined(separator: "\n")
  }()
}
