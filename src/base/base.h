/* base - the ground floor: what every room stands on, and nothing that knows about attacks.
 *
 * One include gives all of it. The parts are small and independent; each part's header is its
 * contract.
 */
#ifndef KENBI_BASE_H
#define KENBI_BASE_H

#include "base/error.h"
#include "base/bytes.h"
#include "base/buffer.h"
#include "base/arena.h"
#include "base/address.h"
#include "base/peer.h"
#include "base/random.h"
#include "base/ring.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/inflate.h"
#include "base/knowledge.h"
#include "base/log.h"

#endif
