import Testing

@testable import Programs

@Suite struct GlobTests {
  @Test(arguments: [
    ("layer1", "layer1", true), ("layer1", "layer1.0.conv1.weight", true), ("layer1", "layer10.weight", false),
    ("*.bias", "layer1.0.bias", true), ("*.bias", "layer1.0.bias.x", false), ("layer?.0.*", "layer3.0.conv1", true),
    ("layer[12].*", "layer2.1", true), ("layer[12].*", "layer3.1", false), ("layer[!1-3].*", "layer4.1", true),
    ("layer[!1-3].*", "layer2.1", false), ("*", "", true), ("", "", true), ("", "a", false), ("a[", "a[", true),
    ("[]]x", "]x", true), ("a*b*c", "aXbXbYc", true), ("a*b*c", "aXbXbY", false), ("**", "a.b", true),
    ("[z-a]", "m", false), ("[a-]", "-", true),
  ])
  func matchesAsAPersonExpects(pattern: String, name: String, expected: Bool) {
    #expect(Glob(pattern).matches(name) == expected, "\(pattern) on \(name)")
  }

  /// A matcher that tries every split would need 2^30 steps and more here.
  @Test func manyRunsAreNotExponential() {
    let pattern = String(repeating: "a*", count: 30) + "b"
    #expect(!Glob(pattern).matches(String(repeating: "a", count: 2000)))
  }
}
