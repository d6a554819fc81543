/// Martlet's version.
package let martletVersion = "0.1.0"
