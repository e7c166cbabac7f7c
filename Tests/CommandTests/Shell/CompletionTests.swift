import Foundation
import TestSupport
import Testing

@testable import LetheCommand

private let fish = ["/usr/bin/fish", "/usr/local/bin/fish"].first { FileManager.default.isExecutableFile(atPath: $0) }

/// What a shell proposes, asked of bash as its line editor asks.
@Suite struct CompletionTests {
  /// - Parameter words: the command line, the last one to be completed.
  private func proposed(_ words: [String], in folder: TemporaryFolder) throws -> Set<String> {
    let script = """
      eval "$(lethe --generate-completion-script bash)"
      COMP_WORDS=(\(words.map(\.shellQuoted).joined(separator: " ")))
      COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
      COMP_LINE="${COMP_WORDS[*]}"
      COMP_POINT=${#COMP_LINE}
      _lethe lethe "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
      printf '%s\\n' "${COMPREPLY[@]}"
      """
    let run = try Command(script: script, in: folder.path)
    #expect(run.errors.isEmpty, "\(run.errors)")
    return Set(run.output.split(separator: "\n").map(String.init))
  }

  @Test func bashProposesCommandsOptionsNamesFilesAndLayers() throws {
    let folder = try TemporaryFolder()
    #expect(try Command("new", "cnn", "--classes", "3", "-o", folder.file("base.h5")).status == 0)
    try "".write(toFile: folder.file("basic notes.txt"), atomically: true, encoding: .utf8)
    try FileManager.default.createDirectory(atPath: folder.file("photos"), withIntermediateDirectories: true)

    #expect(try proposed(["lethe", "fine"], in: folder) == ["finetune"])
    #expect(try proposed(["lethe", "new", "resnet"], in: folder) == ["resnet18", "resnet34", "resnet50"])
    #expect(try proposed(["lethe", "train", "ba"], in: folder) == ["base.h5", "basic notes.txt"])
    #expect(try proposed(["lethe", "train", "base.h5", "--ep"], in: folder) == ["--epochs"])
    #expect(try proposed(["lethe", "train", "base.h5", "--nest"], in: folder) == ["--nesterov"])
    #expect(try proposed(["lethe", "train", "base.h5", "--optimizer", "ada"], in: folder) == ["adam", "adamw"])
    #expect(try proposed(["lethe", "train", "base.h5", "--schedule", "co"], in: folder) == ["constant", "cosine"])
    #expect(
      try proposed(["lethe", "train", "base.h5", "--regularizer", "l2-sp"], in: folder) == ["l2-sp", "l2-sp-fisher"])
    #expect(
      try proposed(["lethe", "train", "base.h5", "--config", "ba"], in: folder) == ["base.h5", "basic notes.txt"])
    #expect(try proposed(["lethe", "train", "base.h5", "--data", "fa"], in: folder) == ["fashion-mnist"])
    #expect(try proposed(["lethe", "train", "base.h5", "--data", "ph"], in: folder) == ["photos/"])

    let layers = try proposed(["lethe", "train", "base.h5", "--freeze", ""], in: folder)
    let inspected = try Command("inspect", folder.file("base.h5"), "--json").output
    let object = try #require(try JSONSerialization.jsonObject(with: Data(inspected.utf8)) as? [String: Any])
    let known = try #require(object["layers"] as? [[String: Any]]).compactMap { $0["name"] as? String }
    #expect(layers == Set(known) && layers.count > 3)
    #expect(try proposed(["lethe", "train", "nothing.h5", "--freeze", ""], in: folder).isEmpty)
  }

  @Test(arguments: ["zsh", "fish"]) func otherShellsGetFilesAndNames(shell: String) throws {
    let script = try Command("--generate-completion-script", shell)
    #expect(script.status == 0)
    let asks = shell == "zsh" ? "_files" : "__fish_complete_path"
    #expect(script.output.contains(asks) || script.output.contains("-F") || script.output.contains("-r"))
    for name in ["finetune", "---completion", "cosine", "resnet50"] { #expect(script.output.contains(name), "\(name)") }
  }

  @Test(.enabled(if: fish != nil)) func fishProposesTheSame() throws {
    let folder = try TemporaryFolder()
    #expect(try Command("new", "cnn", "--classes", "3", "-o", folder.file("base.h5")).status == 0)
    func proposed(_ line: String) throws -> [String] {
      let script = "fish -c 'lethe --generate-completion-script fish | source; complete -C \"\(line)\"'"
      return try Command(script: script, in: folder.path).output.split(separator: "\n").map {
        String($0.split(separator: "\t")[0])
      }
    }
    #expect(try proposed("lethe fine") == ["finetune"])
    #expect(try proposed("lethe train ba") == ["base.h5"])
    #expect(try proposed("lethe new resnet") == ["resnet18", "resnet34", "resnet50"])
  }

  @Test func hiddenFilesAreProposedWhereTheyAreAskedFor() throws {
    let folder = try TemporaryFolder()
    for name in [".hidden", "shown"] { try "".write(toFile: folder.file(name), atomically: true, encoding: .utf8) }
    #expect(CompletedPaths.paths(folder.path + "/") == [folder.file("shown")])
    #expect(CompletedPaths.paths(folder.path + "/.h") == [folder.file(".hidden")])
    #expect(CompletedPaths.paths("/no/such/folder/x").isEmpty)
  }
}
