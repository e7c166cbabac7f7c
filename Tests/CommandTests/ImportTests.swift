import Foundation
import TestSupport
import Testing

/// `lethe import` as a user runs it.
@Suite(.serialized) struct ImportTests {
  @Test func aProgramOfPyTorchIsImportedInspectedAndCompared() throws {
    let folder = try TemporaryFolder()
    let program = try Repository.unpacked("programs/efficientnet.pt2.gz", in: folder)
    let base = folder.file("base.h5")
    let imported = try Command("import", program, "--class-names", "a,b,c,d,e", "-o", base)
    #expect(imported.status == 0, "\(imported.errors)")
    #expect(imported.output.contains("EfficientNet · 7,589 parameters"))
    #expect(imported.output.contains("head efficientnet: classifier.1, 5 classes, in place"))
    #expect(try Command("verify", base).status == 0)
    #expect(try Command("inspect", base, "--json").output.contains("features.1.0.block.1.fc1"))

    let copy = folder.file("copy.h5")
    let again = try Command("import", base, "--weights", program, "-o", copy, "--json")
    #expect(again.status == 0, "\(again.errors)")
    let drift = try Command("drift", base, copy, "--json")
    #expect(drift.status == 0, "\(drift.errors)")
    let json = try #require(try JSONSerialization.jsonObject(with: Data(drift.output.utf8)) as? [String: Any])
    #expect((json["total"] as? [String: Double])?["l2"] == 0)
  }

  /// As save_pretrained writes the Hub's names, which are not always the module's.
  @Test func aFileOfTheSameTensorsByOtherNamesIsToldSo() throws {
    let folder = try TemporaryFolder()
    let (base, weights) = (folder.file("base.h5"), folder.file("hub.safetensors"))
    #expect(try Command("new", "mlp", "--classes", "5", "-o", base).status == 0)
    #expect(try Command("export", base, "-o", weights).status == 0)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: weights))
    var renamed = bytes
    while let place = renamed.range(of: Data("layers.".utf8)) {
      renamed.replaceSubrange(place, with: Data("blocks.".utf8))
    }
    #expect(renamed.count == bytes.count && renamed != bytes)
    try renamed.write(to: URL(fileURLWithPath: weights))
    let refused = try Command("import", base, "--weights", weights, "-o", folder.file("out.h5"))
    #expect(refused.status == 65)
    let last = try #require(refused.errorLines.last)
    #expect(last.contains("other names there, as blocks.0.weight where the model has layers.0.weight"), "\(last)")
    #expect(last.contains("torch.save(model.state_dict()"), "\(last)")
  }

  @Test func whatCannotBeImportedIsSaidInOneLineAndLeavesNothing() throws {
    let folder = try TemporaryFolder()
    let program = try Repository.unpacked("programs/vit.pt2.gz", in: folder)
    let other = try Repository.unpacked("programs/lstm.pt2.gz", in: folder)
    let cut = folder.file("cut.pt2")
    try Data(contentsOf: URL(fileURLWithPath: program)).prefix(5000).write(to: URL(fileURLWithPath: cut))
    let output = folder.file("out.h5")
    let cases: [(arguments: [String], status: Int32, words: String)] = [
      ([folder.file("none.pt2")], 66, "no such file"),
      ([cut], 65, "truncated"),
      ([Repository.fixture("README.md")], 65, "neither a checkpoint"),
      (["resnet18"], 64, "--weights"),
      ([program, "--class-names", "a,b"], 64, "5 classes"),
      ([program, "--mean", "0.5"], 64, "--std"),
      ([program, "--resize", "256"], 64, "--resize and --image-size are kept with --mean and --std"),
      ([program, "--weights", other, "--head", "twist"], 65, "none of its tensors"),
    ]
    for (arguments, status, words) in cases {
      let command = try Command(array: ["import"] + arguments + ["-o", output])
      #expect(command.status == status, "\(arguments): \(command.errors)")
      let last = try #require(command.errorLines.last { $0.hasPrefix("lethe: ") })
      #expect(last.contains(words), "\(last)")
      #expect(!FileManager.default.fileExists(atPath: output))
    }
  }
}
