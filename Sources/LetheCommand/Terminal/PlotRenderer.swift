import ArgumentParser
import Files
import Foundation
import Reports

/// Forms of a chart that are made of its SVG.
enum PlotFormat: String, CaseIterable {
  case png, pdf
}

/// Charts in the forms that papers take, made by `rsvg-convert` (Debian's librsvg2-bin) or Python's CairoSVG.
struct PlotRenderer {
  /// As `png,pdf`.
  ///
  /// - Throws: ``CommandError`` for another word.
  static func formats(_ text: String) throws -> [PlotFormat] {
    try text.split(separator: ",").map { word in
      guard let format = PlotFormat(rawValue: String(word)) else {
        let known = PlotFormat.allCases.map(\.rawValue).joined(separator: ", ")
        throw CommandError.usage("--save-plots: expected \(known), found '\(word)'")
      }
      return format
    }
  }

  private let command: (PlotFormat, _ from: String, _ to: String) -> [String]

  /// The first of the two that is there.
  ///
  /// - Throws: ``CommandError`` where none is.
  init() throws {
    let python = ProcessInfo.processInfo.environment["PYTHON"] ?? "python3"
    if Self.runs(["rsvg-convert", "--version"]) {
      command = { ["rsvg-convert", "--format", $0.rawValue, "--zoom", $0 == .png ? "2" : "1", "--output", $2, $1] }
    } else if Self.runs([python, "-c", "import cairosvg"]) {
      command = { [python, "-m", "cairosvg", "--format", $0.rawValue, "--output-width", "1440", "--output", $2, $1] }
    } else {
      throw CommandError.missing(
        "--save-plots: nothing here draws an SVG: apt-get install librsvg2-bin, or pip install cairosvg")
    }
  }

  /// Draws a chart's SVG beside it.
  ///
  /// - Returns: the path of what was drawn.
  func draw(_ svg: String, as format: PlotFormat) throws -> String {
    let target = (svg as NSString).deletingPathExtension + ".\(format.rawValue)"
    let plain = try PlainSVG.text(of: String(contentsOfFile: svg, encoding: .utf8))
    try AtomicFile.write(to: target) { temporary in
      let source = temporary + ".svg"
      defer { unlink(source) }
      try Data(plain.utf8).write(to: URL(fileURLWithPath: source))
      guard Self.runs(command(format, source, temporary)) else {
        throw CommandError.unwritable(path: target, reason: "\(command(format, "", "")[0]) could not draw it")
      }
    }
    return target
  }

  private static func runs(_ words: [String]) -> Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = words
    (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }
}
