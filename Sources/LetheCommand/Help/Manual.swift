import ArgumentParser
import Checkpoints
import Files
import Foundation

/// The pages of `man`, a command each.
enum Manual {
  /// What a command line begins with that writes them; no option of the parser's, as it is for those who package.
  static let request = "--generate-manual"

  /// Writes `lethe.1`, `lethe-finetune.1` and the others into a folder.
  ///
  /// - Returns: their paths.
  static func write(to folder: String) throws -> [String] {
    do { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) } catch {
      throw CommandError.unwritable(path: folder, reason: "the folder cannot be made")
    }
    return try pages().map { name, text in
      let path = "\(folder)/\(name).1"
      try AtomicFile.write(Data(text.utf8), to: path)
      return path
    }
  }

  /// Every command, and those within.
  static func pages() -> [(name: String, text: String)] { pages(["lethe"], Lethe.self) }

  private static func pages(_ path: [String], _ command: any ParsableCommand.Type) -> [(name: String, text: String)] {
    let own = (path.joined(separator: "-"), HelpPage(path: path, command: command, showsAll: true).manual)
    return [own] + command.configuration.subcommands.flatMap { pages(path + [$0._commandName], $0) }
  }
}

extension HelpPage {
  /// As `man` takes it.
  var manual: String {
    let name = path.joined(separator: "-")
    let configuration = command.configuration
    var lines = [
      ".TH \(name.uppercased()) 1 \"\" \"lethe \(FileFormat.letheVersion)\" \"Lethe\"", ".SH NAME",
      "\(Roff.text(name)) \\- \(Roff.text(configuration.abstract))", ".SH SYNOPSIS", ".B \(Roff.text(usage))",
    ]
    if !configuration.discussion.isEmpty { lines += [".SH DESCRIPTION"] + Roff.paragraphs(configuration.discussion) }
    for section in sections {
      lines.append(".SH \(section.title.uppercased())")
      for parameter in section.parameters {
        lines += [".TP", ".B \(Roff.text(parameter.synopsis))", Roff.line(parameter.meaning)]
        if !parameter.help.discussion.isEmpty {
          lines +=
            [".RS", ".nf"] + parameter.help.discussion.components(separatedBy: "\n").map(Roff.line)
            + [".fi", ".RE"]
        }
      }
    }
    if !configuration.subcommands.isEmpty {
      lines.append(".SH COMMANDS")
      for inner in configuration.subcommands {
        lines += [
          ".TP", ".BR \(Roff.text("\(name)-\(inner._commandName)")) (1)", Roff.line(inner.configuration.abstract),
        ]
      }
    }
    lines.append(".SH EXIT STATUS")
    for (status, meaning) in ExitStatus.meanings {
      lines += [".TP", ".B \(status)", Roff.line(meaning.replacing("`", with: ""))]
    }
    if path.count > 1 { lines += [".SH SEE ALSO", ".BR lethe (1)"] }
    return lines.joined(separator: "\n") + "\n"
  }
}

/// The language of manual pages.
private enum Roff {
  static func text(_ text: String) -> String {
    text.replacing("\\", with: "\\e").replacing("-", with: "\\-")
  }

  /// A line of text, which no point or quote at its start makes a request.
  static func line(_ text: String) -> String {
    text.hasPrefix(".") || text.hasPrefix("'") ? "\\&" + self.text(text) : self.text(text)
  }

  /// Text in paragraphs; what begins with a space stays as it is.
  static func paragraphs(_ text: String) -> [String] {
    var isRaw = false
    var lines: [String] = []
    for line in text.components(separatedBy: "\n") {
      if line.hasPrefix(" ") != isRaw, !line.isEmpty {
        isRaw.toggle()
        lines.append(isRaw ? ".nf" : ".fi")
      }
      lines.append(line.isEmpty ? ".PP" : self.line(line))
    }
    return lines + (isRaw ? [".fi"] : [])
  }
}
